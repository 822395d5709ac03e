// Prints 300 MB.
#include "tests/hostile/exhibit.h"

#include <unistd.h>
#include <vector>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  const std::vector<char> block(1 << 20, 'x');
  for (int i = 0; i < 300; ++i) {
    if (write(STDOUT_FILENO, block.data(), block.size()) < 0) return;
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("prints_without_end")
