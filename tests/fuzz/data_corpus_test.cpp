// As corpus_test.cpp, for the readers of data sets. In one test, since each is a process that loads
// LibTorch.
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/data_readers.h"

namespace timetrial::fuzz {
namespace {

TEST(FuzzCorpus, DataSets) {
  run_corpus("table", read_table);
  run_corpus("encoded", read_encoded);
  run_corpus("molecule", read_molecule);
  run_corpus("prepared", read_prepared);
}

}  // namespace
}  // namespace timetrial::fuzz
