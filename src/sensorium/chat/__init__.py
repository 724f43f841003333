"""The form of questions and answers: messages, tokenizers, chat templates."""
