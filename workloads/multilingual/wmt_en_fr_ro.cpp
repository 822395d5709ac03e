#include "workloads/multilingual/multilingual.h"
#include "workloads/multilingual/translation_tasks.h"

namespace timetrial::multilingual {
namespace {

class WmtEnFrRo final : public TranslationTasks {
 public:
  explicit WmtEnFrRo(const transformer::Config& config) : TranslationTasks(config, {"fr", "ro"}) {}

  workloads::Facts facts() const override {
    workloads::Facts facts = TranslationTasks::facts();
    facts.dataset = "wmt_en_fr_ro";
    facts.source = workloads::DataSource::official;
    return facts;
  }
};

}  // namespace

transformer::Config wmt_en_fr_ro_config() {
  transformer::Config config;
  config.vocab_size = 64'000;
  config.width = 512;
  config.heads = 8;
  config.mlp_dim = 2'048;
  config.layers = 3;
  return config;
}

std::unique_ptr<workloads::Workload> make_wmt_en_fr_ro(const transformer::Config& config) {
  return std::make_unique<WmtEnFrRo>(config);
}

TIMETRIAL_WORKLOAD("wmt_en_fr_ro", make_wmt_en_fr_ro, wmt_en_fr_ro_config());

}  // namespace timetrial::multilingual
