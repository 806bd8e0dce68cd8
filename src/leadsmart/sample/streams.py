"""Independent random streams by name, so that changing one component leaves the draws of all others alone."""

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on the seed and the component's name only.

    Components draw a fixed number of uniforms or normals and transform them, whatever the effects are:
    rejection samplers (binomial, Poisson) would shift all later draws when one size changes.

    Parameters
    ----------
    seed : int
    name : str

    Returns
    -------
    Generator
    """
    key = zlib.crc32(name.encode("utf-8"))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key,))))


def stratified(rng: np.random.Generator, n: int, block: int) -> np.ndarray:
    """Uniform numbers of which every `block` consecutive ones are spread evenly over [0, 1).

    Cut at a share, they give nearly the same composition for every seed, so that no sample comes without
    one of the kinds it is meant to hold.

    Parameters
    ----------
    rng : Generator
    n : int
    block : int

    Returns
    -------
    ndarray of float
    """
    blocks = -(-n // block)
    ranks = rng.random((blocks, block)).argsort(axis=1, kind="stable")
    return ((ranks + rng.random((blocks, block))) / block).ravel()[:n]


def stochastic_round(mean: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Whole numbers whose expectation is `mean`.

    Parameters
    ----------
    mean : ndarray of float
    uniform : ndarray of float
        From [0, 1), one per mean.

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> stochastic_round(np.array([1.25, 1.25]), np.array([0.1, 0.8]))
    array([1, 2])
    """
    return np.floor(mean + uniform).astype(np.int64)
