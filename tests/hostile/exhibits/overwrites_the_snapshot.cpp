// Writes to the snapshot from a thread, also while it is being read.
#include "tests/hostile/exhibit.h"

#include <unistd.h>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

namespace timetrial::hostile {
namespace {

struct Range {
  char *begin = nullptr, *end = nullptr;
};

Range region() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("timetrial-snapshot") == std::string::npos) continue;
    std::size_t used = 0;
    const auto begin = std::stoull(line, &used, 16);
    return {reinterpret_cast<char*>(begin),
            reinterpret_cast<char*>(std::stoull(line.substr(used + 1), nullptr, 16))};
  }
  throw Breach("nothing: it cannot find the region");
}

void write_for_ever(Range range) {
  constexpr std::size_t kControlBytes = 4096;
  for (char value = 0;; value = static_cast<char>(1 - value)) {
    std::memset(range.begin + kControlBytes, value,
                static_cast<std::size_t>(range.end - range.begin) - kControlBytes);
  }
}

}  // namespace

void attack(Scene& scene) {
  if (it_is_time(scene)) std::thread(write_for_ever, region()).detach();
}

}  // namespace timetrial::hostile

TIMETRIAL_EXHIBIT("overwrites_the_snapshot")
