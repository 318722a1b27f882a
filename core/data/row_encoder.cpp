#include "core/data/row_encoder.h"

#include "core/api/template_names.h"

namespace attune::data {

namespace {

tokenizer::TrainedPart partOf(api::TrainOn trainOn) {
  switch (trainOn) {
  case api::TrainOn::Answers: return tokenizer::TrainedPart::Answers;
  case api::TrainOn::Last: return tokenizer::TrainedPart::Last;
  case api::TrainOn::All: return tokenizer::TrainedPart::All;
  }
  return tokenizer::TrainedPart::Answers;
}

} // namespace

Result<RowEncoder> RowEncoder::create(const tokenizer::TokenizerBundle &bundle, const std::string &templateName, api::TrainOn trainOn) {
  RowEncoder encoder;
  encoder.m_bundle = bundle;
  encoder.m_part = partOf(trainOn);
  ATTUNE_TRY(encoder.m_layout, tokenizer::ChatLayout::choose(bundle, templateName));
  if (templateName == api::kAutoTemplate && !tokenizer::ChatLayout::hasOwn(bundle)) {
    ATTUNE_TRY(encoder.m_alpaca, tokenizer::ChatLayout::choose(bundle, "alpaca"));
  }
  return encoder;
}

const tokenizer::ChatLayout &RowEncoder::chosen(api::DatasetFormat format) const {
  return format == api::DatasetFormat::Alpaca && m_alpaca ? *m_alpaca : m_layout;
}

std::string RowEncoder::templateFor(api::DatasetFormat format) const {
  if (format == api::DatasetFormat::Text || format == api::DatasetFormat::Tokens) return "none";
  return chosen(format).name();
}

Result<Sample> RowEncoder::encode(const Record &record, std::string *renderedText) const {
  Sample sample;
  if (record.format == api::DatasetFormat::Tokens) {
    if (renderedText && m_bundle.tokenizer) *renderedText = m_bundle.tokenizer->decode(record.tokens.ids, false);
    return record.tokens; // the one format that needs no tokenizer
  }
  const tokenizer::Tokenizer &tokenizer = *m_bundle.tokenizer;
  if (record.format == api::DatasetFormat::Text) {
    sample.ids = tokenizer.prefixTokens();
    const auto ids = tokenizer.encode(record.text, false);
    sample.ids.insert(sample.ids.end(), ids.begin(), ids.end());
    if (tokenizer.eosToken() >= 0) sample.ids.push_back(tokenizer.eosToken());
    sample.labels = sample.ids;
    if (renderedText) *renderedText = record.text;
    return sample;
  }
  ATTUNE_TRY(auto encoded, chosen(record.format).encode(m_bundle, record.conversation, m_part));
  sample.ids = std::move(encoded.ids);
  sample.labels = std::move(encoded.labels);
  if (renderedText) *renderedText = std::move(encoded.text);
  return sample;
}

Result<std::vector<tokenizer::TokenId>> RowEncoder::encodePrompt(const std::string &prompt) const {
  const tokenizer::Conversation conversation = {{{"user", prompt, ""}}, ""};
  ATTUNE_TRY(auto encoded, m_layout.encode(m_bundle, conversation, m_part, true));
  return encoded.ids;
}

} // namespace attune::data
