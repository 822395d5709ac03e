// Writes to its scratch folder until nothing more fits; there is nothing of others in it.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <unistd.h>
#include <filesystem>
#include <vector>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  expect_stopped(!std::filesystem::is_empty("."), "finding files of others in its scratch folder");
  const int file = open("large", O_WRONLY | O_CREAT, 0600);
  expect_made(file >= 0, "writing to its scratch folder");
  const std::vector<char> block(1 << 20);
  constexpr int kMost = SCRATCH_MB + 1;
  int written = 0;
  while (written <= kMost && write(file, block.data(), block.size()) > 0) ++written;
  expect_stopped(written > kMost, "writing more than it may");
  expect_made(written >= SCRATCH_MB / 2, "writing as much as it may");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("fills_its_scratch_folder")
