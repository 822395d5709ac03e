#include "harness/referee/progress.h"

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace timetrial::referee {

void Progress::line(const std::string& text) {
  if (fd_ < 0) return;
  const std::string whole = text + '\n';
  // A reader that has gone costs the display, never the trial.
  if (::write(fd_, whole.data(), whole.size()) < 0) fd_ = -1;
}

void Progress::start(int attempt, std::int64_t step, double time_s) {
  line(nlohmann::json{{"event", "start"}, {"attempt", attempt}, {"step", step}, {"time_s", time_s}}
           .dump());
}

void Progress::tick(std::int64_t step, double time_s) {
  line(nlohmann::json{{"event", "tick"}, {"step", step}, {"time_s", time_s}}.dump());
}

void Progress::evaluation(const Evaluation& evaluation, double value) {
  // nlohmann writes a NaN as null, which readers expect.
  line(nlohmann::json{{"event", "evaluation"},
                      {"step", evaluation.step},
                      {"time_s", evaluation.submission_time_s},
                      {"value", value}}
           .dump());
}

void Progress::end(const Outcome& outcome) {
  line(nlohmann::json{{"event", "end"},
                      {"outcome", to_string(outcome.kind)},
                      {"reason", outcome.reason},
                      {"step", outcome.step},
                      {"time_s", outcome.submission_time_s}}
           .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace timetrial::referee
