// Looks at every descriptor that it was born with.
#include "tests/hostile/exhibit.h"

#include <filesystem>
#include <string>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::batch_size) return;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(entry.path(), error);
    for (const char* word : {".db", "held_back", ".lock", "/clock", "progress"}) {
      expect_stopped(target.find(word) != std::string::npos, "holding " + target);
    }
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("holds_descriptors_of_others")
