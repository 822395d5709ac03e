#include "tests/fuzz/readers.h"

#include "harness/trial/error.h"
#include "scoring/algoperf/log_source.h"
#include "scoring/algoperf/measurements.h"
#include "scoring/algoperf/trial_json.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace timetrial::algoperf::fuzz {
namespace {

/// Unlike assert, also in a release build.
void require(bool promise, const char* text) {
  if (promise) return;
  std::fprintf(stderr, "promise broken: %s\n", text);
  std::abort();
}

void check(const Measurements& table) {
  require(table.columns.size() == table.names.size(), "a column for each name");
  for (const auto& column : table.columns) {
    require(column.size() == table.rows, "a value in each row");
  }
  require(table.places.size() == table.rows, "a place for each row");
  if (table.rows == 0) return;
  for (std::size_t row = 0; row < table.rows; ++row) {
    const double time = table.submission_time()[row], step = table.step()[row];
    require(time >= 0 && std::isfinite(time), "times are finite and not negative");
    require(step >= 0 && step == std::floor(step), "steps are whole and not negative");
    require(row == 0 || table.places[row] > table.places[row - 1], "places rise");
  }
}

}  // namespace

void read_csv(std::string_view bytes) {
  static MeasurementParser parser;  // kept, so that one file's columns meet the next one's
  Findings findings;
  const bool usable = parser.parse(bytes, "f.csv", findings);
  require(usable == (parser.table().rows > 0), "usable means rows");
  if (usable) check(parser.table());
  require(usable || !findings.remarks().empty(), "nothing is passed over without a word");
}

void read_json(std::string_view bytes) {
  static TrialJson json;
  if (const auto point = json.point(bytes)) {
    for (const auto& [name, value] : *point) require(std::isfinite(value), "points are finite");
  }
  if (const auto meta = json.meta_data(bytes); meta && !meta->origin_json.empty()) {
    require(json.meta_data(meta->origin_json).has_value(), "an origin is a JSON object");
    require(json.meta_data(meta->origin_json)->origin_json == meta->origin_json,
            "an origin reads back as itself");
  }
  json.tuning(bytes);
}

void read_archive(std::string_view bytes) {
  const int file = memfd_create("archive", 0);
  require(
      file >= 0 && write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
      "a file in memory");
  try {
    Findings findings;
    const auto source =
        open_log_archive("/proc/self/fd/" + std::to_string(file), findings, Progress());
    require(source->tree().trials() > 0, "logs have trials");
    source->visit([](const std::string&) { return true; },
                  [](const LogTrial& trial) {
                    require((trial.measurements != nullptr) == trial.missing.empty(),
                            "measurements or a reason");
                    if (trial.measurements != nullptr) check(*trial.measurements);
                  },
                  Progress());
  } catch (const InputError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos,
            "an error is one line");
  }
  close(file);
}

}  // namespace timetrial::algoperf::fuzz
