// AlgoPerf's fastmri and its variants as workloads: registration, recorded cases.
#include "workloads/recorded_arguments.h"
#include "workloads/unet/fastmri_preparation.h"
#include "workloads/unet/reconstruction.h"

#include <nlohmann/json.hpp>

namespace timetrial::unet {
namespace {

const SliceSource& source() {
  static const SliceSource source{.dataset = "fastmri",
                                  .source = workloads::DataSource::official,
                                  .prepare = "timetrial data prepare fastmri",
                                  .evaluation_batch_size = 256};
  return source;
}

class FastMri final : public ReconstructionWorkload {
 public:
  explicit FastMri(const Config& config) : ReconstructionWorkload(config, source()) {}

  void prepare(const std::filesystem::path& source,
               const std::filesystem::path& out) const override {
    prepare_fastmri(source, out);
  }
  std::uint64_t bytes_to_prepare(const std::filesystem::path& source) const override {
    return bytes_of_fastmri(source);
  }

  std::unique_ptr<workloads::Workload> in_recorded_sizes(
      const nlohmann::json& constructor) const override {
    workloads::RecordedArguments arguments("fastmri", constructor);
    Config recorded = config();
    // Sizes that a case leaves out are this workload's own: AlgoPerf's default, or the variant's.
    recorded.channels = arguments.integer("num_channels", recorded.channels);
    recorded.pool_levels = arguments.integer("num_pool_layers", recorded.pool_levels);
    for (const char* name : {"in_chans", "out_chans"}) {
      if (arguments.integer(name, 1) != 1) arguments.refuse(name, "1, images have one channel");
    }
    const auto expect_own = [&](const char* name, bool own) {
      if (arguments.flag(name, own) != own) {
        arguments.refuse(name, own ? "true in this variant" : "false in this workload");
      }
    };
    expect_own("use_tanh", recorded.tanh);
    expect_own("use_layer_norm", recorded.layer_norm);
    arguments.finish();
    return make(recorded);
  }
};

}  // namespace

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<FastMri>(config);
}

TIMETRIAL_WORKLOAD("fastmri", make, Config{});
TIMETRIAL_VARIANT("fastmri_tanh", "fastmri", make, Config{.tanh = true});
TIMETRIAL_VARIANT("fastmri_model_size", "fastmri", make, Config{.channels = 64, .pool_levels = 3});
TIMETRIAL_VARIANT("fastmri_layernorm", "fastmri", make, Config{.layer_norm = true});

}  // namespace timetrial::unet
