// Looks for the validation and test data: by their path, and around every process.
#include "tests/hostile/exhibit.h"

#include <filesystem>
#include <fstream>

namespace timetrial::hostile {
namespace {

void read_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  expect_stopped(!error, "listing " + folder.string());
  expect_stopped(std::ifstream(folder / "manifest.json").good(), "reading in " + folder.string());
}

}  // namespace

void attack(Scene& scene) {
  if (!it_is_time(scene)) return;
  read_folder(HELD_BACK_DATA);
  read_folder("/proc/1/root" HELD_BACK_DATA);
  read_folder("/proc/self/root" HELD_BACK_DATA);
  read_folder("/proc/1/cwd");
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("reads_held_back_data")
