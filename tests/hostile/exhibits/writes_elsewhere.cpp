// Writes wherever it should not be able to, as early as its library is loaded.
#include "tests/hostile/exhibit.h"

#include <fstream>
#include <string>

namespace timetrial::hostile {
namespace {

bool can_write(const std::string& file) { return static_cast<bool>(std::ofstream(file) << "mine"); }

/// Runs when the library is loaded, before anyone has called anything of it.
const bool wrote_at_load = can_write(TESTS_FOLDER "/written_by_a_submission");

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  expect_stopped(wrote_at_load, "writing while it was loaded");
  for (const char* folder : {TESTS_FOLDER, HELD_BACK_DATA, TRAINING_DATA, "", "/tmp", "/var/tmp",
                             "/dev/shm", "/dev", "/root", "/etc", "/usr/lib", "/run"}) {
    expect_stopped(can_write(std::string(folder) + "/written_by_a_submission"),
                   std::string("writing to ") + folder);
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("writes_elsewhere")
