#pragma once
// The readers of data sets (workloads/*) as functions of bytes, as file_readers.h has the harness's
// own. A fuzzer has several of one kind: the first byte of its input, '0' and on, says which, the
// rest is the file. Each ends the process when a promise is broken; InputError is an answer like
// any other.

#include <string_view>

namespace timetrial::fuzz {

void read_table(std::string_view bytes);     ///< text: tables, lists, catalogues, dictionaries
void read_encoded(std::string_view bytes);   ///< compressed files, sound, images, volumes, tokens
void read_molecule(std::string_view bytes);  ///< SMILES, and OGB's files of molecules
void read_prepared(std::string_view bytes);  ///< what `data prepare` wrote

}  // namespace timetrial::fuzz
