"""Right solutions with one mistake each, and the names that say the mistake."""

from catalogue.wrong import activations, affine, losses, reductions, softmaxes

WRONG = (*affine.WRONG, *activations.WRONG, *losses.WRONG, *softmaxes.WRONG, *reductions.WRONG)
