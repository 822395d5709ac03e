#pragma once
// What a trial can be asked to measure of its model with each evaluation, off the scored clock
// (docs/curvature.md has the names of the numbers).

#include <string>
#include <vector>

namespace timetrial {

struct Diagnosis {
  bool sharpness = false;    ///< largest eigenvalues of the Hessian, preconditioned and raw
  bool gradients = false;    ///< sizes of gradients and of the last update
  bool activations = false;  ///< what the model's taps tell of a forward pass

  bool any() const { return sharpness || gradients || activations; }
  bool operator==(const Diagnosis&) const = default;
};

/// What a stored number of a diagnosis begins with; a submission's own may not.
inline constexpr const char* kDiagnosisPrefix = "diagnose/";

/// Names as in `--diagnose sharpness,activations`. Throws InputError for an unknown name (nearest
/// ones listed), and for none.
Diagnosis diagnosis_of(const std::vector<std::string>& names);
/// In a fixed order.
std::vector<std::string> names_of(const Diagnosis& diagnosis);

}  // namespace timetrial
