#pragma once
// How often a test's program asks for memory: a cost that is the same on every machine, however
// busy, in every build.

#include <cstdint>

namespace timetrial::test {

/// Calls of operator new in this process until now, all threads. A program that links this file
/// counts; the counting itself takes no memory.
std::int64_t allocations();

}  // namespace timetrial::test
