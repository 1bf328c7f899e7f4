"""The delivery's promises under every fault, by seed: `walks` runs a world, `judge` looks at it."""
