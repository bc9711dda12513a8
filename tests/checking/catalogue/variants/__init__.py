"""Right solutions, written differently each."""

from catalogue.variants import activations, linear, losses, reductions, softmaxes

RIGHT = (*linear.RIGHT, *activations.RIGHT, *losses.RIGHT, *softmaxes.RIGHT, *reductions.RIGHT)
