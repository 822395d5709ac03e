#include "workloads/data/subwords.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <unordered_map>

#include "workloads/workload.h"

namespace timetrial::data {
namespace {

/// SentencePiece's interface to text that is made line by line.
class LineIterator final : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(const Subwords::Lines& lines) : lines_(lines) { Next(); }
  bool done() const override { return !line_.has_value(); }
  void Next() override { line_ = lines_(); }
  const std::string& value() const override { return *line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const Subwords::Lines& lines_;
  std::optional<std::string> line_;
};

}  // namespace

struct Subwords::Model {
  sentencepiece::SentencePieceProcessor processor;
};

std::string Subwords::train(const Lines& lines, const SubwordTraining& options) {
  const std::unordered_map<std::string, std::string> arguments = {
      {"vocab_size", std::to_string(options.pieces)},
      {"model_type", "unigram"},
      {"character_coverage", "1.0"},
      {"num_threads", std::to_string(options.threads)},
      {"minloglevel", "2"},  // it reports to the terminal otherwise
  };
  LineIterator text(lines);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &text, &model);
  if (!status.ok()) {
    throw workloads::DataError("training " + std::to_string(options.pieces) +
                               " subwords: " + status.ToString());
  }
  return model;
}

Subwords::Subwords(std::string_view model, const std::string& name) {
  auto made = std::make_unique<Model>();
  if (const auto status = made->processor.LoadFromSerializedProto(model); !status.ok()) {
    throw workloads::DataError(name + ": not a SentencePiece model (" + status.ToString() + ")");
  }
  model_ = std::move(made);
}

Subwords Subwords::read(const std::filesystem::path& file, const std::string& remedy) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw workloads::DataError(file.string() + ": no such file; " + remedy);
  const std::string model(std::istreambuf_iterator<char>(in), {});
  return Subwords(model, file.string());
}

void Subwords::write(const std::filesystem::path& file, std::string_view model) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.write(model.data(), std::ssize(model));
  if (!out.flush()) throw std::system_error(errno, std::generic_category(), file.string());
}

Subwords::~Subwords() = default;
Subwords::Subwords(Subwords&&) noexcept = default;
Subwords& Subwords::operator=(Subwords&&) noexcept = default;

std::vector<int> Subwords::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = model_->processor.Encode(text, &ids);
  if (!status.ok()) throw workloads::DataError("subwords: " + status.ToString());
  return ids;
}

std::string Subwords::decode(const std::vector<int>& ids) const {
  for (const int id : ids) {
    if (id < 0 || id >= size()) {
      throw std::out_of_range("subword " + std::to_string(id) + " is not in [0, " +
                              std::to_string(size()) + ")");
    }
  }
  std::string text;
  const auto status = model_->processor.Decode(ids, &text);
  if (!status.ok()) throw workloads::DataError("subwords: " + status.ToString());
  return text;
}

std::int64_t Subwords::size() const { return model_->processor.GetPieceSize(); }
int Subwords::end() const { return model_->processor.eos_id(); }

}  // namespace timetrial::data
