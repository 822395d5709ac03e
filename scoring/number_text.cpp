#include "scoring/number_text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <cmath>
#include <ctime>

namespace timetrial::scoring {

std::string score_text(double score) { return fmt::format("{:.4f}", score); }

std::string seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return "never";
  return seconds < 1000 ? fmt::format("{:.2f} s", seconds) : fmt::format("{:.1f} s", seconds);
}

std::string ratio_text(double ratio) {
  return std::isfinite(ratio) ? fmt::format("{:.2f}×", ratio) : "–";
}

std::string duration_text(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  const auto minutes = (whole + 30) / 60;
  return fmt::format("{}h {:02}m", minutes / 60, minutes % 60);
}

std::string metric_text(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "not finite";
}

std::string point_text(const std::map<std::string, double>& point) {
  std::string text;
  for (const auto& [name, value] : point) {
    text += fmt::format("{}{}={:.4g}", text.empty() ? "" : ", ", name, value);
  }
  return text.empty() ? "–" : text;
}

std::string exact_text(double value) { return fmt::format("{}", value); }

std::string date_text(std::int64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(seconds));
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace timetrial::scoring
