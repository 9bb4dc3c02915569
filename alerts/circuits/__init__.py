"""How providers do, and who may try one that keeps failing."""
