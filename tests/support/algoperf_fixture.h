#pragma once
// Recorded cases of AlgoPerf's models in tests: the reader and the comparisons that
// `timetrial workload check --fixture` uses, by folder and name.
//
//   const AlgoPerfFixture fixture(folder, "imagenet_vit");
//   fixture.set_parameters(*model);
//   const auto logits = model->forward(fixture.batch(), {.training = false, …}).logits;
//   EXPECT_LE(fixture.max_difference(logits, "output_eval/logits"), fixture.logit_tolerance());

#include "harness/conformance/case_differences.h"
#include "harness/conformance/recorded_case.h"
#include "workloads/recorded_recipe.h"

#include <nlohmann/json.hpp>

#include <string>

namespace timetrial::test {

using workloads::recipe_integers;
using workloads::recipe_tensor;

class AlgoPerfFixture : public conformance::RecordedCase {
 public:
  AlgoPerfFixture(const std::filesystem::path& folder, const std::string& name)
      : RecordedCase(folder / (name + ".safetensors")) {}

  Batch batch() const { return Batch(inputs()); }
  /// Sets the state too, where the model has one.
  void set_parameters(const workloads::Model& model) const { set_values(model); }

  /// Largest absolute difference to a stored tensor.
  double max_difference(const at::Tensor& found, const std::string& key) const {
    return conformance::relative_difference(*this, found, key) * conformance::scale(*this, key);
  }
  /// Absolute.
  double logit_tolerance() const {
    const std::string key = "output_eval/logits";
    return conformance::logit_tolerance(*this, key) * conformance::scale(*this, key);
  }
  double gradient_tolerance() const { return conformance::gradient_tolerance(*this); }
  double gradient_norm_difference(const workloads::Model& model) const {
    return conformance::gradient_norm_difference(*this, model);
  }
  double gradient_difference(const workloads::Model& model) const {
    return conformance::gradient_difference(*this, model);
  }
};

}  // namespace timetrial::test
