// Baichuan's conversation layout: no template text, a token per role named by id, each message encoded on its own, nothing
// between turns. Pure functions, any thread. TemplateFailed for roles that the layout has no token for.
#pragma once

#include "core/base/json.h"
#include "core/tokenizer/chat_template.h"

#include <optional>

namespace attune::tokenizer {

/// The role tokens of a Hugging Face folder: Baichuan's by its config.json (ids of generation_config.json, else 195 and 196),
/// nothing for other models and where the vocabulary has no such ids.
std::optional<RoleTokens> roleTokensOf(const Json &config, const Json &generation, int64_t vocabularySize);

/// Ids and labels as Baichuan2's own fine-tuning script makes them: the label in a user token's place is the end token, as an
/// answer is learned to end there although the next input is the next user's token; the end token closes the row. Under
/// `part` Last only the last answer and its end are trained; All trains every token, role tokens left out.
Result<EncodedChat> encodeRoleTokenChat(const Tokenizer &tokenizer, const RoleTokens &roles, const Conversation &conversation,
                                        TrainedPart part, bool addGenerationPrompt);

} // namespace attune::tokenizer
