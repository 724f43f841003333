"""The bundled space: texts, pictures, sounds and films in one, in about ten million parameters."""
