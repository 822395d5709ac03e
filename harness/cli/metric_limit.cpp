#include "harness/cli/metric_limit.h"

#include <charconv>
#include <cmath>

namespace timetrial::cli {

void add_metric_limit(CommandLine command, scoring::LimitChoice& limit, const std::string& help) {
  command.add_option(
      "--metric-limit",
      [&limit](const std::string& word) {
        limit = {.usual = false, .value = {}};
        if (word == "none") return;
        double value = 0;
        const char* end = word.data() + word.size();
        const auto read = std::from_chars(word.data(), end, value);
        if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) {
          throw InputError("--metric-limit '" + word + "': expected a number, or none");
        }
        limit.value = value;
      },
      help);
}

}  // namespace timetrial::cli
