"""What the program is, and how to use it in a minute."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from engine.model import program_version
from gui.theme import SPACE

GUIDE = """
<h3>Draw first</h3>
<p>Draw a digit on the right, at any size and place; the small picture shows what a network
gets to see of it. The <b>Reader</b>, a network that comes with the program, answers at once: “83 % sure”, “not sure: 4
or 9”, or “this may not be a digit”. Once you train a network of your own, that one reads; choose below the pad who
does.</p>
<ul>
<li><b>Read wrong?</b> Press the key <b>0</b> to <b>9</b> that is right: the drawing joins <i>My digits</i>
(<b>Ctrl+D</b>). With five of each, <b>Ctrl+L</b>, <i>Learn my digits</i>, teaches your hand in seconds, and lets you go
back.</li>
<li><b>2025?</b> <b>W</b> makes the pad wide for whole numbers.</li>
<li><b>R</b> replays the drawing, <b>X</b> is the eraser; pictures may be copied, pasted and dropped. <b>E</b> puts a
test digit on the pad, <b>Shift+E</b> one that is read wrong.</li>
</ul>
<h3>Then build your own</h3>
<ol>
<li><b>Build.</b> On the left, choose a preset, or add layers, drag them, and change their settings. What you point
at is explained at the bottom of the window.</li>
<li><b>Train.</b> Press <b>Train</b> or the space bar. <i>Training</i> shows loss and accuracy; <i>Weights</i> what each
unit looks for: orange where ink speaks for it, blue where ink speaks against it; <i>Feature maps</i> what filters make
of your drawing.</li>
<li><b>Look closer.</b> <i>Evaluation</i> counts right and wrong answers on images the network never saw; click a
cell to see them, an image to put it on the pad. <i>Data</i> shows what it learns from, <b>Ctrl+I</b> its card.</li>
<li><b>Look inside.</b> <i>Network</i>: what the drawing does to it; <i>Arithmetic</i>: the numbers; <i>Why?</i>: what
spoke for the answer; <i>Map</i>: what looks alike to it; <i>Health</i>: whether it learns well.</li>
<li><b>Go back.</b> The slider below the pages shows any moment of the run.</li>
<li><b>Compare.</b> <i>Runs</i> keeps every run; <i>Experiments</i> tries many settings at once.</li>
<li><b>Make it better.</b> <b>Augmentation</b> turns, shifts and bends every image anew in every epoch. The network then
reads more of what it has never seen.</li>
</ol>
<h3>Nothing is lost</h3>
<p>After a crash, or when the window was closed, the next start offers to go on with the training exactly there. The
best network of every run is on the <i>Runs</i> page. <b>Ctrl+S</b> saves one under a name of yours.</p>
<h3>Is it computed right?</h3>
<p><b>Run › Check against TensorFlow</b> trains your network once more with TensorFlow, from the same weights on the
same images, and shows how far both are apart. In a terminal, <b>verify</b> does the same, <b>bench</b> measures the
speed beside other libraries, and <b>reproduce</b> trains every row of the table of accuracies.</p>
<h3>Keys</h3>
<p>Space: train, pause · F10: one batch · Shift+F10: one epoch · Ctrl+.: stop · Ctrl+R: reset ·
Ctrl+1 to 9, Ctrl+0, Ctrl+-: pages · Ctrl+T: evaluate · Ctrl+Shift+T: check · F2, F3: panels · F11: full screen ·
Ctrl+Z, Ctrl+Y: undo, redo.</p>
<p>The pad: E, Shift+E · W · R; while it has the focus: 0 to 9 · X · Del: clear · Ctrl+C, Ctrl+V.</p>
"""
ABOUT = """
<h3>DigitLab {version}</h3>
<p>A workbench in which you build a neural network, watch it learn handwritten digits, and draw digits for it to read.
The network is written from scratch on NumPy: no machine-learning library computes anything you see learned.</p>
<p>It continues the article project “Neural Network from Scratch - MNIST Digit Recognition”. MIT License.</p>
<p>MNIST: Yann LeCun, Corinna Cortes, Christopher J. C. Burges, CC BY-SA 3.0. The Reader also learned from
Pen-Based Recognition of Handwritten Digits: Ethem Alpaydin, Fevzi Alimoglu, CC BY 4.0.
Built with Qt for Python, pyqtgraph, NumPy and pydantic.</p>
"""


class _TextDialog(QDialog):
    def __init__(self, title: str, html: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        text = QTextBrowser(self)
        text.setOpenExternalLinks(True)
        text.setAccessibleName(title)
        text.setHtml(html)
        text.setFrameShape(QTextBrowser.Shape.NoFrame)
        text.document().setDocumentMargin(SPACE)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.addWidget(text)
        column.addWidget(buttons)
        self.resize(70 * SPACE, 60 * SPACE)


class GuideDialog(_TextDialog):
    """How to use the program."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("How it works", GUIDE, parent)
        self.resize(84 * SPACE, 78 * SPACE)


class AboutDialog(_TextDialog):
    """What the program is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("About DigitLab", ABOUT.format(version=program_version()), parent)
        self.resize(60 * SPACE, 36 * SPACE)
