// Allocates until there is no more.
#include "tests/hostile/exhibit.h"

#include <cstddef>
#include <new>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  constexpr std::size_t kBytes = 64 << 20, kPage = 4096;
  while (true) {
    auto* block = static_cast<volatile char*>(::operator new(kBytes));
    for (std::size_t i = 0; i < kBytes; i += kPage) block[i] = 1;
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("allocates_without_end")
