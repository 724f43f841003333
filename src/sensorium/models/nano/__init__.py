"""The bundled model: pictures, sounds and clips to short answers, in about ten million parameters."""
