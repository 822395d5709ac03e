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
  expect_stopped(file < 0, "nothing: its scratch folder cannot be written to");
  const std::vector<char> block(1 << 20);
  constexpr int kMost = SCRATCH_MB + 1;
  int written = 0;
  while (written <= kMost && write(file, block.data(), block.size()) > 0) ++written;
  expect_stopped(written > kMost, "writing more than it may");
  expect_stopped(written < SCRATCH_MB / 2, "nothing: it could write too little");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("fills_its_scratch_folder")
