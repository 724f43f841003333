"""Models of one's own making: any encoders, connectors, fusion and language model, put together by a YAML."""
