// Writes far behind the end of every file that it holds while a checkpoint is saved.
#include "tests/hostile/exhibit.h"

#include <fcntl.h>
#include <unistd.h>

namespace timetrial::hostile {

void attack(Scene& scene) {
  if (scene.moment() != Moment::save) return;
  constexpr off_t kFar = off_t{1} << 40;
  for (int fd = 5; fd < 64; ++fd) {
    if (pwrite(fd, "x", 1, kFar) == 1) throw Breach("nothing kept a file from a size of 1 TB");
  }
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("fills_the_disk")
