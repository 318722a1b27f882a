#include "ui/pages/model_row_delegate.h"

#include "ui/widgets/number_text.h"

#include <QPainter>

namespace attune::ui {

ModelState modelState(const ShelfModel &model) {
  if (model.card.refusal)
    return {model.card.refusal->code == ErrorCode::MissingInFolder ? ModelRowDelegate::tr("incomplete")
                                                                   : ModelRowDelegate::tr("cannot be used"),
            Tone::Danger};
  if (!model.judged) return {};
  switch (model.judged->fit) {
  case ModelFit::Unknown: return {ModelRowDelegate::tr("cannot be judged"), Tone::Muted};
  case ModelFit::Fits: return {ModelRowDelegate::tr("fits"), Tone::Success};
  case ModelFit::FitsSmaller: return {ModelRowDelegate::tr("fits with less"), Tone::Warning};
  case ModelFit::TooLarge: return {ModelRowDelegate::tr("too large"), Tone::Danger};
  }
  return {};
}

QString modelKind(const ShelfModel &model) {
  QStringList parts;
  if (!model.card.architecture.empty()) parts.append(architectureName(model.card));
  if (model.card.parameters > 0) parts.append(ModelRowDelegate::tr("%1 parameters").arg(parametersText(model.card.parameters)));
  return parts.join(QStringLiteral(" · "));
}

void ModelRowDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const {
  const ShelfModel *model = m_shelf.find(index.data(Qt::UserRole).toString());
  if (!model) return;
  const Theme &look = theme();
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  const bool chosen = option.state & QStyle::State_Selected;
  painter->setPen(option.state & QStyle::State_HasFocus ? QPen(look.color(Tone::Accent), 1.5) : QPen(Qt::NoPen));
  painter->setBrush(look.color(chosen ? Tone::Tint : option.state & QStyle::State_MouseOver ? Tone::Raised : Tone::Surface));
  painter->drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6);
  const QRect inner = option.rect.adjusted(12, 10, -12, -10);
  QFont bold = option.font, small = option.font;
  bold.setWeight(QFont::DemiBold);
  small.setPixelSize(12);
  const auto line = [&](Qt::Alignment side, const QFont &font, Tone tone, const QString &left, const QString &right, Tone rightTone) {
    painter->setFont(small);
    painter->setPen(look.color(rightTone));
    painter->drawText(inner, side | Qt::AlignRight, right);
    const int room = inner.width() - (right.isEmpty() ? 0 : QFontMetrics(small).horizontalAdvance(right) + 12);
    painter->setFont(font);
    painter->setPen(look.color(tone));
    painter->drawText(inner, side | Qt::AlignLeft, QFontMetrics(font).elidedText(left, Qt::ElideRight, room));
  };
  const ModelState state = modelState(*model);
  line(Qt::AlignTop, bold, Tone::Text, modelName(model->card), model->card.bytes > 0 ? bytesText(model->card.bytes) : QString(),
       Tone::Muted);
  line(Qt::AlignBottom, small, Tone::Muted, modelKind(*model), state.text, state.tone);
  painter->restore();
}

} // namespace attune::ui
