"""The words of documents by language; a language without its own has the English ones."""

from __future__ import annotations

_NAMES = """
invoice credit-note statement number date credits reason service text net rate vat total city_tax vat_sums paid due
tax_id period currency opening closing amount balance partial-credit-note corrects property
""".split()
_WORDS = {
    "en": """Invoice|Credit note|Statement of account|Number|Date|Takes back|Reason|Service|Text|Net|VAT %|VAT|Total|
City tax|VAT by rate|Paid|Amount due|Tax number|Period|Currency|Balance before|Balance after|Amount|Balance|
Credit note|Corrects|Property""",
    "pt": """Fatura|Nota de crédito|Extrato de conta|Número|Data|Anula|Motivo|Serviço|Descrição|Líquido|IVA %|IVA|Total|
Taxa turística|IVA por taxa|Pago|Valor a pagar|NIF|Período|Moeda|Saldo anterior|Saldo final|Valor|Saldo|
Nota de crédito|Retifica|Unidade""",
    "es": """Factura|Factura rectificativa|Extracto de cuenta|Número|Fecha|Anula|Motivo|Servicio|Concepto|Base|
IVA %|IVA|Total|Tasa turística|IVA por tipo|Pagado|Importe pendiente|
NIF|Periodo|Moneda|Saldo anterior|Saldo final|Importe|Saldo|Factura rectificativa|Rectifica|Establecimiento""",
    "fr": """Facture|Avoir|Relevé de compte|Numéro|Date|Annule|Motif|Prestation|Libellé|HT|TVA %|TVA|TTC|
Taxe de séjour|TVA par taux|Payé|Reste à payer|N° fiscal|Période|Devise|Solde précédent|Nouveau solde|Montant|Solde|
Avoir|Rectifie|Établissement""",
    "de": """Rechnung|Stornorechnung|Kontoauszug|Nummer|Datum|Storniert|Grund|Leistung|Text|Netto|USt. %|USt.|Brutto|
Kurtaxe|USt. nach Satz|Bezahlt|Offener Betrag|Steuernummer|Zeitraum|Währung|Saldo vorher|Saldo danach|Betrag|Saldo|
Rechnungskorrektur|Berichtigt|Haus""",
    "it": """Fattura|Nota di credito|Estratto conto|Numero|Data|Annulla|Motivo|Servizio|Descrizione|Imponibile|
IVA %|IVA|
Totale|Imposta di soggiorno|IVA per aliquota|Pagato|Importo dovuto|Codice fiscale|Periodo|Valuta|Saldo precedente|
Saldo finale|Importo|Saldo|Nota di credito|Rettifica|Struttura""",
    "zh": """发票|贷记单|对账单|编号|日期|冲销|原因|服务|说明|净额|
税率|增值税|合计|城市税|按税率汇总|已付|
应付金额|税号|期间|币种|
期初余额|期末余额|金额|余额|贷记单|更正|酒店""",
    "ar": """فاتورة|إشعار دائن|كشف حساب|الرقم|التاريخ|يلغي|السبب|الخدمة|البيان|الصافي|نسبة الضريبة|الضريبة|الإجمالي|
ضريبة المدينة|الضريبة حسب النسبة|المدفوع|المبلغ المستحق|الرقم الضريبي|
الفترة|العملة|
الرصيد السابق|الرصيد النهائي|المبلغ|الرصيد|إشعار دائن|يصحح|المنشأة""",
}


def words_of(language: str) -> dict[str, str]:
    """Every word of a document by what it names."""
    said = [word.strip() for word in _WORDS.get(language, _WORDS["en"]).split("|")]
    return dict(zip(_NAMES, said, strict=True))
