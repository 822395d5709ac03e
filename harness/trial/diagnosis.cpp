#include "harness/trial/diagnosis.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <algorithm>
#include <utility>

namespace timetrial {
namespace {

constexpr std::pair<const char*, bool Diagnosis::*> kKinds[] = {
    {"sharpness", &Diagnosis::sharpness},
    {"gradients", &Diagnosis::gradients},
    {"activations", &Diagnosis::activations},
};

}  // namespace

Diagnosis diagnosis_of(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const auto& [name, member] : kKinds) known.emplace_back(name);
  if (names.empty()) {
    throw InputError("diagnose names nothing; name some of sharpness, gradients, activations");
  }
  Diagnosis diagnosis;
  for (const auto& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) throw InputError(unknown_name("diagnosis", name, known));
    diagnosis.*kKinds[found - known.begin()].second = true;
  }
  return diagnosis;
}

std::vector<std::string> names_of(const Diagnosis& diagnosis) {
  std::vector<std::string> names;
  for (const auto& [name, member] : kKinds) {
    if (diagnosis.*member) names.emplace_back(name);
  }
  return names;
}

}  // namespace timetrial
