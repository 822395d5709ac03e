// A shared library that is no submission.
extern "C" int answer() { return 42; }
