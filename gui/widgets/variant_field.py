"""A choice between kinds of thing, each with settings of its own: optimizers, schedules, layers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic.fields import FieldInfo
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.errors import SettingError
from engine.fields import Parameter, Settings, parameters_of
from gui import theme
from gui.widgets.field import Field
from gui.widgets.setting_field import SettingField


class VariantField(Field):
    """A combo box for the kind, and below it a field for every setting that the kind declares.

    Parameters
    ----------
    title, help_text : str
        What is chosen, and why.
    kinds : mapping of str to type[Settings]
        The classes to choose from, by their ``kind``.
    indent : int
        How many pixels the settings of the kind stand in.
    """

    def __init__(
        self,
        title: str,
        help_text: str,
        kinds: Mapping[str, type[Settings]],
        parent: QWidget | None = None,
        *,
        indent: int = 0,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self._kinds = kinds
        self.spec: Settings = next(iter(kinds.values()))()
        self.wanted = self.spec
        self._last = "kind"
        labels = {name: kind_label(name, cls) for name, cls in kinds.items()}
        self.kind = SettingField(_kind_parameter(title, help_text, kinds), self, labels=labels)
        self.kind.proposed.connect(self._on_kind)
        self.kind.sealed.connect(self.sealed)
        self.fields: dict[str, SettingField] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE // 2)
        self._column.addWidget(self.kind)
        self._settings = QVBoxLayout()
        self._settings.setContentsMargins(indent, 0, 0, 0)
        self._settings.setSpacing(theme.SPACE // 2)
        self._column.addLayout(self._settings)
        self._shown_class: type[Settings] | None = None
        self.show_value(self.spec, fresh=True)

    def show_value(self, value: Settings, *, fresh: bool = False) -> None:
        """Take what is in force."""
        self.spec = value
        if type(value) is not self._shown_class:
            self._show_class(type(value))
        self.kind.show_value(value.kind, fresh=fresh)  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.show_value(getattr(value, name), fresh=fresh)
        if fresh or not self.wrong:
            self.wanted = value

    @property
    def complaint(self) -> str:
        """Why one of the fields shows what is not in force."""
        return next((field.complaint for field in (self.kind, *self.fields.values()) if field.wrong), "")

    @property
    def wrong(self) -> bool:
        """Whether a field shows what is not in force."""
        return bool(self.complaint)

    @property
    def latest(self) -> Settings:
        """What is in force with the last change alone, without what was refused before."""
        if type(self.wanted) is not type(self.spec) or self._last == "kind":
            return self.wanted
        return self.spec.model_copy(update={self._last: getattr(self.wanted, self._last)})

    def refuse(self, error: SettingError) -> None:
        """Show the reason beside the field that was changed last."""
        self.fields.get(self._last, self.kind).refuse(error)

    def show_built(self, value: Settings | None) -> None:
        """Mark what differs from the present network's value; all of it if that is None or another kind."""
        same = type(value) is type(self.spec)
        for name, field in self.fields.items():
            field.show_built(getattr(value, name) if same else None)

    def _show_class(self, cls: type[Settings]) -> None:
        for field in self.fields.values():
            self._settings.removeWidget(field)
            field.hide()
            field.deleteLater()
        self._shown_class = cls
        self.fields = {parameter.name: SettingField(parameter, self) for parameter in parameters_of(cls)}
        previous: QWidget = self.kind.editor
        for name, field in self.fields.items():
            self._settings.addWidget(field)
            field.proposed.connect(partial(self._on_setting, name))
            field.withdrawn.connect(partial(self._on_withdrawn, name))
            field.reverted.connect(partial(self._on_reverted, name))
            field.sealed.connect(self.sealed)
            field.show()
            QWidget.setTabOrder(previous, field.editor)
            previous = field.editor

    def _on_kind(self, kind: str) -> None:
        """Offer the other kind, with the settings that both have kept."""
        cls, old = self._kinds[kind], self.spec.model_dump()
        shared = {name: old[name] for name in cls.model_fields if name in old and name != "kind"}
        self._last, self.wanted = "kind", cls(**shared)
        self.proposed.emit(self.wanted)

    def _on_setting(self, name: str, value: object) -> None:
        if name != self._last:
            self.sealed.emit()
        self._last, self.wanted = name, self._base().model_copy(update={name: value})
        self.proposed.emit(self.wanted)

    def _on_withdrawn(self, name: str) -> None:
        self.wanted = self._base().model_copy(update={name: getattr(self.spec, name)})
        self.withdrawn.emit()

    def _on_reverted(self, name: str, value: object) -> None:
        self.reverted.emit(self.spec.model_copy(update={name: value}))

    def _base(self) -> Settings:
        """Return what the fields offer together; they belong to the kind in force, not to a refused one."""
        return self.wanted if type(self.wanted) is type(self.spec) else self.spec


def kind_label(name: str, cls: type[Settings]) -> str:
    """Return the name of a kind for people."""
    return getattr(cls, "label", name.replace("_", " ").capitalize())


def _kind_parameter(title: str, help_text: str, kinds: Mapping[str, type[Settings]]) -> Parameter:
    about = {name: getattr(cls, "about", "") or (cls.__doc__ or "").split("\n")[0] for name, cls in kinds.items()}
    return Parameter(
        name=title.lower(),
        label=title,
        help=help_text,
        kind="choice",
        default=None,
        low=None,
        high=None,
        unit="",
        log=False,
        rebuilds=False,
        choices=tuple(kinds),
        choice_help=about,
        field=FieldInfo(annotation=str),
    )
