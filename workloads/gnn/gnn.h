#pragma once
// Properties of molecules with a graph network: atoms are nodes, bonds are edges, one logit per
// graph and task.
//
// Input    a batch of G graphs, which may end with padding (batching.h):
//            inputs            int64 [G], the nodes of each graph
//            n_edge            int64 [G], the edges of each graph
//            nodes             float32 [N, 9], the graphs' nodes one after the other
//            edges             float32 [E, 3]; each bond is there twice, once per direction
//            senders,receivers int64 [E], rows of `nodes`
//            targets           float32 [G, tasks], 0 or 1
//            weights           float32 [G, tasks], 0 where a target is unknown and for padding
// Output   logits float32 [G, tasks]
// Loss     sigmoid cross-entropy in nats, one value per graph and task [G, tasks]; its mean is over
//          the known targets
// Metrics  mean_average_precision over the tasks (higher is better), loss, accuracy
// Source   Battaglia et al. 2018 (arXiv 1806.01261), algorithm 1, with the edges that leave and
//          those that enter a node summed apart; the model of AlgoPerf's ogbg (commit 2c90454fc05d)
//          and its variants gelu, silu and model_size
// Fidelity to AlgoPerf's model, and how it is tested: README.md
#include "workloads/workload.h"

namespace timetrial::gnn {

inline constexpr std::int64_t kNodeFeatures = 9, kEdgeFeatures = 3;
inline constexpr double kDefaultDropout = 0.1;  ///< AlgoPerf's

enum class Activation { relu, gelu, silu };

/// Defaults: the model of AlgoPerf's ogbg.
struct Config {
  std::int64_t outputs = 128;                     ///< tasks
  std::int64_t latent_dim = 256;                  ///< of embedded nodes and edges
  std::vector<std::int64_t> hidden_dims = {256};  ///< of each MLP
  std::int64_t steps = 5;                         ///< of message passing, each with its own weights
  Activation activation = Activation::relu;       ///< gelu is the tanh approximation
  double dropout = kDefaultDropout;               ///< where the submission asks for none
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

/// The workload on ogbg-molpcba (docs/data/ogbg.md).
std::unique_ptr<workloads::Workload> make(const Config& config);

/// The model alone, uninitialised. On the meta device nothing is allocated.
std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device);

/// See the top of this file. Label smoothing s turns a target y into (1 - s) y + s / tasks. Throws
/// std::invalid_argument when logits, targets and weights do not fit.
Loss property_loss(const Batch& batch, const at::Tensor& logits, double label_smoothing);

}  // namespace timetrial::gnn
