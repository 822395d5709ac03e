// gcide_lm and its variants: the model in small, on a dictionary.
#include "workloads/lm/lm.h"

#include "workloads/data/gzip.h"
#include "workloads/lm/byte_language_model.h"
#include "workloads/lm/byte_windows.h"
#include "workloads/lm/gcide.h"

namespace timetrial::lm {
namespace {

class GcideLm final : public ByteLanguageModel {
 public:
  explicit GcideLm(const Config& config) : ByteLanguageModel(config, "gcide", "gcide_lm") {}

  void prepare(const std::filesystem::path& packages,
               const std::filesystem::path& out) const override {
    const auto folder = packages / "dict-gcide" / "usr" / "share" / "dictd";
    const auto index_file = folder / "gcide.index", text_file = folder / "gcide.dict.dz";
    const auto index = read_index(index_file);
    const auto documents = make_documents(data::read_gzip(text_file), index, index_file.string());
    const std::string training = join(documents, Part::training);
    write_bytes(out / "training" / "train.safetensors", training);
    write_subset(out / "held_back" / "train_subset.safetensors", training, kSubsetBytes);
    write_subset(out / "held_back" / "validation.safetensors", join(documents, Part::validation),
                 kEvaluationBytes);
    write_subset(out / "held_back" / "test.safetensors", join(documents, Part::test),
                 kEvaluationBytes);
  }

 private:
  static void write_subset(const std::filesystem::path& file, const std::string& text,
                           std::size_t predicted) {
    const std::size_t wanted = predicted + 1;  // the first byte is only an input
    if (text.size() < wanted) {
      throw workloads::DataError(
          file.string() + ": the dictionary gives " + std::to_string(text.size()) +
          " bytes for this split, expected at least " + std::to_string(wanted) +
          "; unpack the Debian package dict-gcide again (scripts/setup.sh)");
    }
    write_bytes(file, std::string_view(text).substr(0, wanted));
  }
};

Config changed(void (*change)(Config&)) {
  Config config = gcide_config();
  change(config);
  return config;
}

}  // namespace

std::unique_ptr<workloads::Workload> make(const Config& config) {
  return std::make_unique<GcideLm>(config);
}

TIMETRIAL_WORKLOAD("gcide_lm", make, gcide_config());
TIMETRIAL_VARIANT("gcide_lm_no_qk_norm", "gcide_lm", make,
                  changed([](Config& c) { c.qk_norm = false; }));
TIMETRIAL_VARIANT("gcide_lm_parallel", "gcide_lm", make,
                  changed([](Config& c) { c.parallel = true; }));
TIMETRIAL_VARIANT("gcide_lm_qk_layer_norm", "gcide_lm", make, changed([](Config& c) {
                    c.qk_norm = false;
                    c.qk_layer_norm = true;
                  }));
TIMETRIAL_VARIANT("gcide_lm_relu_attention", "gcide_lm", make,
                  changed([](Config& c) { c.attention = nn::AttentionForm::relu; }));
TIMETRIAL_VARIANT("gcide_lm_swiglu", "gcide_lm", make,
                  changed([](Config& c) { c.gate = Gate::silu; }));
TIMETRIAL_VARIANT("gcide_lm_z_loss", "gcide_lm", make, changed([](Config& c) { c.z_loss = 1e-4; }));

}  // namespace timetrial::lm
