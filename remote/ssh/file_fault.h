// What is wrong with a file of the other side, as an error. `where` is HOST:PATH or the path. Pure functions, any thread.
#pragma once

#include "remote/fault.h"

namespace attune::remote {

Error fileMissing(const std::string &where);
Error fileDenied(const std::string &where);
Error diskFull(const std::string &where);
/// Whether a command says that the disk or the quota is full.
bool saysDiskFull(const std::string &said);
/// Of a command's own words, GNU's in the C locale: one of the above, or FILE-FAILED with `what` and those words.
Error fileFault(const std::string &said, const std::string &what, const std::string &where);

} // namespace attune::remote
