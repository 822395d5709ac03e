#include "harness/hardware/profile_file.h"

#include "harness/trial/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace timetrial::hardware {
namespace {

void check_name(const std::string& name) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!name.empty() && std::all_of(name.begin(), name.end(), allowed)) return;
  throw InputError("'" + name +
                   "' is no name for a profile; use letters, digits, '-', '_' and '.'");
}

/// Names of machines in a TOML string and a comment: what could end either becomes a space.
std::string plain(std::string text) {
  for (auto& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') c = ' ';
  }
  return text;
}

std::string gpu_lines(const std::vector<Gpu>& gpus) {
  if (gpus.empty()) return "gpus = 0\n";
  const bool alike = std::all_of(gpus.begin(), gpus.end(),
                                 [&](const Gpu& gpu) { return gpu.name == gpus[0].name; });
  return fmt::format("gpus = {}\ngpu_name = \"{}\"\n", gpus.size(),
                     alike ? plain(gpus[0].name) : "*");
}

std::string range_lines(const Measurement& measurement, double tolerance) {
  std::string text;
  for (const auto& measure : kMeasures) {
    const auto& value = measurement.values.at(measure.key);
    text += fmt::format(
        "\n[qualification.{}]  # {}: {:.5g} {}, {:.5g} to {:.5g} in {} repeats\n"
        "min = {:.5g}\nmax = {:.5g}\n",
        measure.key, measure.description, value.median, measure.unit, value.low, value.high,
        value.repeats, value.median * (1 - tolerance), value.median * (1 + tolerance));
  }
  return text;
}

}  // namespace

std::string profile_file(const std::string& name, const Fingerprint& fingerprint,
                         const Measurement& measurement, double tolerance) {
  check_name(name);
  const auto model = plain(fingerprint.cpu_model);
  return fmt::format(
             "# Written by `timetrial hardware qualify`. Measured on {} ({}), device {}; each "
             "range\n"
             "# is the median and {:.3g} % to either side.\n"
             "name = \"{}\"\n"
             "description = \"{}, {} CPUs\"\n"
             "cpus_min = {}\ncpus_max = {}\n"
             "memory_mb_min = {}\nmemory_mb_max = {}\n",
             model, plain(fingerprint.kernel), measurement.device, 100 * tolerance, name, model,
             fingerprint.usable_cpus, fingerprint.usable_cpus, fingerprint.usable_cpus,
             fingerprint.memory_mb * 95 / 100, fingerprint.memory_mb * 105 / 100) +
         gpu_lines(fingerprint.gpus) +
         fmt::format("\n[qualification]\nthreads = {}\n", measurement.threads) +
         range_lines(measurement, tolerance);
}

}  // namespace timetrial::hardware
