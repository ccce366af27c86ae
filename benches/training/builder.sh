# Nothing is built while the evaluator is trained.
