#pragma once
// A recorded case of AlgoPerf's translation models, with the workload in its sizes.
#include "tests/support/algoperf_fixture.h"
#include "workloads/transformer/model.h"

namespace timetrial::transformer {

inline const std::filesystem::path kFixtures =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/transformer/fixtures";

/// The cases beside the tests, by the workload that they are of.
inline constexpr const char* kCases[] = {"wmt", "wmt_post_ln", "wmt_attention_temp",
                                         "wmt_glu_tanh"};

struct RecordedTranslation {
  explicit RecordedTranslation(const std::string& name)
      : fixture(kFixtures, name),
        workload(
            workloads::find(name).make()->in_recorded_sizes(fixture.sidecar().at("constructor"))),
        owner(workload->make_model(at::kCPU)),
        model(dynamic_cast<Transformer&>(*owner)) {
    fixture.set_parameters(model);
  }

  Batch batch(bool training) const {
    return workload->recorded_batch(fixture.batch().tensors(), training);
  }

  const test::AlgoPerfFixture fixture;
  const std::unique_ptr<workloads::Workload> workload;
  const std::unique_ptr<workloads::Model> owner;
  Transformer& model;
};

inline ForwardOptions evaluation() {
  ForwardOptions options;
  options.training = false;
  return options;
}

inline ForwardOptions dropping(double rate) {
  ForwardOptions options;
  options.dropout = rate;
  return options;
}

}  // namespace timetrial::transformer
