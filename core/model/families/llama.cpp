#include "core/model/families/llama.h"

namespace attune::core {

const ModelFamily &llamaFamily() {
  static const ModelFamily family = [] {
    ModelFamily made;
    made.name = "llama";
    return made;
  }();
  return family;
}

} // namespace attune::core
