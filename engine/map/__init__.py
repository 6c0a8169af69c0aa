"""Maps of images: what a layer makes of them, laid out in the plane so that neighbours are alike."""
