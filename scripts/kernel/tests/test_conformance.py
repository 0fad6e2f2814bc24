from conformance import TypeScriptKernelTests, TypeScriptKernelWelcomeTests  # noqa: F401  (pytest runs them)
