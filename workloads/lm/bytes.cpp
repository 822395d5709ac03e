// bytes_lm, its variants and sizes: a small transformer of the kind in which Wortsman et al. looked
// for the instabilities of large ones, on Python sources.
#include "workloads/lm/byte_language_model.h"
#include "workloads/lm/byte_windows.h"
#include "workloads/lm/lm.h"
#include "workloads/lm/python_sources.h"

namespace timetrial::lm {
namespace {

class BytesLm final : public ByteLanguageModel {
 public:
  explicit BytesLm(const Config& config)
      : ByteLanguageModel(config, "python_sources", "bytes_lm") {}

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto documents = read_python_sources(packages / "networkx" / "networkx");
    const std::string training = join(documents, Part::training);
    write_bytes(out / "training" / "train.safetensors", training);
    const auto held_back = out / "held_back";
    write_sample(held_back / "train_subset.safetensors", training, kSubsetBytes);
    write_sample(held_back / "validation.safetensors", join(documents, Part::validation),
                 kEvaluationBytes);
    write_sample(held_back / "test.safetensors", join(documents, Part::test), kEvaluationBytes);
  }

 private:
  static void write_sample(const std::filesystem::path& file, const std::string& text,
                           std::size_t wanted) {
    write_bytes(file, spread_sample(text, wanted, file));
  }
};

std::unique_ptr<workloads::Workload> make_bytes(const Config& config) {
  return std::make_unique<BytesLm>(config);
}

Config changed(void (*change)(Config&)) {
  Config config = bytes_config();
  change(config);
  return config;
}

/// The whole model in another width, with as many heads.
Config of_width(std::int64_t width, bool qk_layer_norm) {
  Config config = bytes_config();
  config.width = width;
  config.mlp_dim = 4 * width;
  config.qk_layer_norm = qk_layer_norm;
  return config;
}

}  // namespace

TIMETRIAL_WORKLOAD("bytes_lm", make_bytes, bytes_config());
TIMETRIAL_VARIANT("bytes_lm_deep", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.layers = 6; }));
TIMETRIAL_VARIANT("bytes_lm_deep_scaled", "bytes_lm", make_bytes, changed([](Config& c) {
                    c.layers = 6;
                    c.depth_base = 2;
                  }));
TIMETRIAL_VARIANT("bytes_lm_embedding_scaled", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.embedding_scale = 8; }));  // the root of the width
TIMETRIAL_VARIANT("bytes_lm_mup", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.mup_base_width = 32; }));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.qk_layer_norm = false; }));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm_no_z_loss", "bytes_lm", make_bytes, changed([](Config& c) {
                    c.qk_layer_norm = false;
                    c.z_loss = 0;
                  }));
TIMETRIAL_VARIANT("bytes_lm_no_z_loss", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.z_loss = 0; }));
TIMETRIAL_VARIANT("bytes_lm_parallel", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.parallel = true; }));
TIMETRIAL_VARIANT("bytes_lm_relu_attention", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.attention = nn::AttentionForm::relu; }));
TIMETRIAL_VARIANT("bytes_lm_gated_relu_attention", "bytes_lm", make_bytes, changed([](Config& c) {
                    c.attention = nn::AttentionForm::relu;
                    c.attention_gate = true;
                  }));
TIMETRIAL_VARIANT("bytes_lm_rmsnorm", "bytes_lm", make_bytes,
                  changed([](Config& c) { c.norm = Norm::rms; }));

// Sizes, to see how the largest attention logit grows, and whether it can be foretold.
TIMETRIAL_VARIANT("bytes_lm_d32", "bytes_lm", make_bytes, of_width(32, true));
TIMETRIAL_VARIANT("bytes_lm_d48", "bytes_lm", make_bytes, of_width(48, true));
TIMETRIAL_VARIANT("bytes_lm_d96", "bytes_lm", make_bytes, of_width(96, true));
TIMETRIAL_VARIANT("bytes_lm_d128", "bytes_lm", make_bytes, of_width(128, true));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm_d32", "bytes_lm", make_bytes, of_width(32, false));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm_d48", "bytes_lm", make_bytes, of_width(48, false));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm_d96", "bytes_lm", make_bytes, of_width(96, false));
TIMETRIAL_VARIANT("bytes_lm_no_qk_norm_d128", "bytes_lm", make_bytes, of_width(128, false));

}  // namespace timetrial::lm
