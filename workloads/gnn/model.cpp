// The graph network as in AlgoPerf's ogbg, as facts of its commit 2c90454fc05d: nodes and edges are
// embedded, graphs begin with zeros; each step then uses what it has just updated:
//   edges   = MLP([edge, its sender, its receiver, its graph])
//   nodes   = MLP([node, sum of edges it sends, sum of edges it receives, its graph])
//   graphs  = MLP([sum of its nodes, sum of its edges, graph])
// Logits are a linear layer of the graphs. MLP: per layer linear, layer norm, activation, dropout.
#include "workloads/gnn/gnn.h"
#include "workloads/nn/builder.h"

namespace timetrial::gnn {
namespace {

/// Rows of x [M, F] by index [L] -> [L, F]. gather and scatter_add, which are each other's
/// derivative, sum in a fixed order on the CPU and in parallel.
at::Tensor rows(const at::Tensor& x, const at::Tensor& index) {
  return x.gather(0, index.unsqueeze(1).expand({-1, x.size(1)}));
}

/// out[index[i]] += x[i], [count, F].
at::Tensor sum_by(const at::Tensor& x, const at::Tensor& index, std::int64_t count) {
  return at::zeros({count, x.size(1)}, x.options())
      .scatter_add(0, index.unsqueeze(1).expand({-1, x.size(1)}), x);
}

struct MlpLayer {
  nn::Linear dense;
  nn::LayerNorm norm;
};
using Mlp = std::vector<MlpLayer>;

struct Step {
  Mlp edge, node, global;
};

/// Which rows belong together.
struct Structure {
  at::Tensor senders, receivers;  // [E]
  at::Tensor graph_of_node;       // [N]
  at::Tensor graph_of_edge;       // [E]
};

class GraphNetwork final : public nn::BuiltModel {
 public:
  GraphNetwork(const Config& config, c10::Device device) : BuiltModel(device), config_(config) {
    node_embedder_ =
        add_linear("node_embedder", kNodeFeatures, config.latent_dim, ParameterType::embedding);
    edge_embedder_ =
        add_linear("edge_embedder", kEdgeFeatures, config.latent_dim, ParameterType::embedding);
    const std::int64_t hidden = config.hidden_dims.back();
    for (std::int64_t i = 0; i < config.steps; ++i) {
      const std::string in = "graph_network." + std::to_string(i) + ".update_";
      const bool first = i == 0;
      const std::int64_t item = first ? config.latent_dim : hidden;
      const std::int64_t graph = first ? config.outputs : hidden;
      Step step;
      step.edge = add_mlp(in + "edge_fn", 3 * item + graph);
      step.node = add_mlp(in + "node_fn", item + 2 * hidden + graph);
      step.global = add_mlp(in + "global_fn", 2 * hidden + graph);
      steps_.push_back(std::move(step));
    }
    decoder_ = add_linear("decoder", hidden, config.outputs, ParameterType::weight);
  }

  ModelOutput forward(const Batch& batch, const ForwardOptions& options) override {
    const double dropout = nn::dropout_rate(options, config_.dropout);
    const Structure structure = structure_of(batch);
    at::Tensor nodes = node_embedder_(batch.at("nodes"));
    at::Tensor edges = edge_embedder_(batch.at("edges"));
    const std::int64_t graphs = batch.size();
    at::Tensor globals = at::zeros({graphs, config_.outputs}, nodes.options());
    for (const Step& step : steps_) {
      edges = apply(step.edge,
                    {edges, rows(nodes, structure.senders), rows(nodes, structure.receivers),
                     rows(globals, structure.graph_of_edge)},
                    dropout);
      nodes = apply(step.node,
                    {nodes, sum_by(edges, structure.senders, nodes.size(0)),
                     sum_by(edges, structure.receivers, nodes.size(0)),
                     rows(globals, structure.graph_of_node)},
                    dropout);
      globals = apply(step.global,
                      {sum_by(nodes, structure.graph_of_node, graphs),
                       sum_by(edges, structure.graph_of_edge, graphs), globals},
                      dropout);
    }
    return {decoder_(globals), {}};
  }

 private:
  nn::Linear add_linear(const std::string& name, std::int64_t in, std::int64_t out,
                        ParameterType type) {
    return builder().linear(name, {.in = in, .out = out, .weight_type = type});
  }

  Mlp add_mlp(const std::string& name, std::int64_t in) {
    Mlp mlp;
    for (const std::int64_t out : config_.hidden_dims) {
      const std::string i = std::to_string(mlp.size());
      MlpLayer layer;
      layer.dense = add_linear(name + ".dense_" + i, in, out, ParameterType::weight);
      layer.norm = builder().layer_norm(name + ".norm_" + i, out);
      mlp.push_back(std::move(layer));
      in = out;
    }
    return mlp;
  }

  at::Tensor activate(const at::Tensor& x) const {
    switch (config_.activation) {
      case Activation::gelu:
        return nn::gelu_tanh(x);
      case Activation::silu:
        return at::silu(x);
      case Activation::relu:
        break;
    }
    return x.relu();
  }

  at::Tensor apply(const Mlp& mlp, const std::vector<at::Tensor>& parts, double dropout) const {
    at::Tensor x = at::cat(parts, 1);
    for (const MlpLayer& layer : mlp) {
      x = nn::dropout(activate(layer.norm(layer.dense(x))), dropout);
    }
    return x;
  }

  static Structure structure_of(const Batch& batch) {
    const auto require = [](bool holds, const char* message) {
      if (!holds) throw std::invalid_argument(std::string("graph network: ") + message);
    };
    const at::Tensor &nodes = batch.at("nodes"), &edges = batch.at("edges");
    require(nodes.dim() == 2 && nodes.size(1) == kNodeFeatures, "nodes must be [N, 9]");
    require(edges.dim() == 2 && edges.size(1) == kEdgeFeatures, "edges must be [E, 3]");
    Structure structure;
    structure.senders = batch.at("senders");
    structure.receivers = batch.at("receivers");
    require(structure.senders.sizes() == edges.sizes().slice(0, 1) &&
                structure.receivers.sizes() == edges.sizes().slice(0, 1),
            "senders and receivers must be [E]");
    structure.graph_of_node = at::repeat_interleave(batch.inputs());
    structure.graph_of_edge = at::repeat_interleave(batch.at("n_edge"));
    require(batch.at("n_edge").sizes() == batch.inputs().sizes(), "n_edge must be [G], as inputs");
    require(structure.graph_of_node.size(0) == nodes.size(0),
            "inputs, the nodes of each graph, must sum up to N");
    require(structure.graph_of_edge.size(0) == edges.size(0), "n_edge must sum up to E");
    return structure;
  }

  Config config_;
  nn::Linear node_embedder_, edge_embedder_;
  std::vector<Step> steps_;
  nn::Linear decoder_;
};

}  // namespace

std::unique_ptr<workloads::Model> make_model(const Config& config, c10::Device device) {
  validate(config);
  return std::make_unique<GraphNetwork>(config, device);
}

}  // namespace timetrial::gnn
