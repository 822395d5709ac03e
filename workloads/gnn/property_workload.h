#pragma once
// What the workloads on molecules share: everything but where the molecules come from.
//
// On disk  training/train.safetensors and held_back/{train_subset,validation,test}.safetensors,
//          each a set of molecules (molecule_set.h)

#include "workloads/gnn/gnn.h"

#include <string>

namespace timetrial::gnn {

/// Where a workload's molecules are.
struct MoleculeSource {
  std::string dataset;  ///< folder below the data directory
  workloads::DataSource source = workloads::DataSource::packages;
  std::string prepare;  ///< the command that writes the files
  std::int64_t evaluation_batch_size = 512;
};

class PropertyWorkload : public workloads::Workload {
 public:
  /// Throws as validate() does.
  PropertyWorkload(const Config& config, MoleculeSource source);

  workloads::Facts facts() const override;
  std::string configuration() const override;
  std::unique_ptr<workloads::Model> make_model(c10::Device device) const override;
  Loss loss(const Batch& batch, const ModelOutput& output, double label_smoothing) const override;
  /// A batch of B indices is exactly these B molecules, without padding.
  std::unique_ptr<workloads::TrainingData> open_training(
      const std::filesystem::path& training_dir) const override;
  /// Batches of `batch_size` molecules in the order of the file, the last one smaller.
  std::unique_ptr<workloads::Evaluation> open_evaluation(
      const std::filesystem::path& held_back_dir) const override;

 protected:
  const Config& config() const { return config_; }

 private:
  const Config config_;
  const MoleculeSource source_;
};

const char* to_string(Activation activation);

}  // namespace timetrial::gnn
