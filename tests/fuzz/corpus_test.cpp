// Every input of the corpus, and every cut of it, through the readers: malformed ones were found by
// hand or by the fuzzers.
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/readers.h"

namespace timetrial::fuzz {
namespace {

TEST(FuzzCorpus, MeasurementFiles) { run_corpus("csv", algoperf::fuzz::read_csv); }
TEST(FuzzCorpus, JsonFiles) { run_corpus("json", algoperf::fuzz::read_json); }
TEST(FuzzCorpus, Archives) { run_corpus("archive", algoperf::fuzz::read_archive); }
TEST(FuzzCorpus, Messages) { run_corpus("message", read_message); }
TEST(FuzzCorpus, TensorFiles) { run_corpus("safetensors", read_safetensors); }
TEST(FuzzCorpus, SubmissionLibraries) { run_corpus("library", read_library); }
TEST(FuzzCorpus, RuleSets) { run_corpus("rules", read_rules); }
TEST(FuzzCorpus, SearchSpaces) { run_corpus("space", read_space); }
TEST(FuzzCorpus, Manifests) { run_corpus("manifest", read_manifest); }

}  // namespace
}  // namespace timetrial::fuzz
