#include "tests/support/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace timetrial::test {
namespace {

std::atomic<std::int64_t> count = 0;

void* take(std::size_t bytes) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes == 0 ? 1 : bytes);
}

}  // namespace

std::int64_t allocations() { return count.load(std::memory_order_relaxed); }

}  // namespace timetrial::test

// All forms but those for over-aligned types: a sanitizer has its own of those that are not here,
// and memory of one must not be given back to the other.
void* operator new(std::size_t bytes) {
  if (void* const memory = timetrial::test::take(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return timetrial::test::take(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return timetrial::test::take(bytes);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }
