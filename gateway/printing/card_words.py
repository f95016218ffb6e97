"""The words of registration cards by language; a language without its own has the English ones."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
title booking surname second_surname given_name sex birth_date birth_place nationality document_kind document_number
support_number document_country residence phone email kin arrival departure companions signature signed
female male other passport id_card residence_permit driving_licence
spouse child parent sibling grandchild grandparent great_grandchild great_grandparent nephew_or_niece uncle_or_aunt
child_in_law parent_in_law sibling_in_law ward
by_law by_nobody until_sent
""".split()
_WORDS: Final = {
    "en": """Registration card|Booking|Surname|Second surname|Given names|Sex|Date of birth|Place of birth|Nationality|
Document|Document number|Support number|Issued by|Address|Telephone|E-mail|Is to the adult|Arrival|Departure|
Travelling along|Date and signature|Signed on|
female|male|other|Passport|Identity card|Residence permit|Driving licence|
spouse|child|parent|sibling|grandchild|grandparent|great-grandchild|great-grandparent|nephew or niece|uncle or aunt|
child-in-law|parent-in-law|sibling-in-law|ward|
The law obliges the hotel to ask for this ({law}). It is kept for {months} months and then destroyed.|
The hotel keeps this for {months} months and then destroys it.|
The law obliges the hotel to tell this to the police ({law}). It is destroyed as soon as they have received it.""",
    "de": """Meldeschein|Buchung|Familienname|Zweiter Nachname|Vornamen|Geschlecht|Geburtsdatum|Geburtsort|
Staatsangehörigkeit|Ausweis|Seriennummer|Kartennummer|Ausgestellt von|Anschrift|Telefon|E-Mail|
Verhältnis zum Erwachsenen|Anreise|Abreise|Mitreisende|Datum und Unterschrift|Unterschrieben am|
weiblich|männlich|divers|Reisepass|Personalausweis|Aufenthaltstitel|Führerschein|
Ehegatte|Kind|Elternteil|Geschwister|Enkelkind|Großelternteil|Urenkelkind|Urgroßelternteil|Neffe oder Nichte|
Onkel oder Tante|Schwiegerkind|Schwiegerelternteil|Schwager oder Schwägerin|Mündel|
Das Hotel ist gesetzlich verpflichtet, diese Angaben zu erheben ({law}). Sie werden {months} Monate aufbewahrt und dann
vernichtet.|
Das Hotel bewahrt diese Angaben {months} Monate auf und vernichtet sie dann.|
Das Hotel ist gesetzlich verpflichtet, diese Angaben der Polizei zu melden ({law}). Sie werden vernichtet, sobald diese
sie erhalten hat.""",
    "es": """Parte de entrada|Reserva|Primer apellido|Segundo apellido|Nombre|Sexo|Fecha de nacimiento|
Lugar de nacimiento|Nacionalidad|Documento|Número de documento|Número de soporte|Expedido por|Dirección|Teléfono|
Correo electrónico|Relación con el adulto|Entrada|Salida|Acompañantes|Fecha y firma|Firmado el|
mujer|hombre|otro|Pasaporte|Documento de identidad|Permiso de residencia|Permiso de conducir|
cónyuge|hijo/a|padre o madre|hermano/a|nieto/a|abuelo/a|bisnieto/a|bisabuelo/a|sobrino/a|tío/a|
yerno o nuera|suegro/a|cuñado/a|tutelado/a|
La ley obliga al hotel a recoger estos datos ({law}). Se conservan {months} meses y después se destruyen.|
El hotel conserva estos datos {months} meses y después los destruye.|
La ley obliga al hotel a comunicar estos datos a la policía ({law}). Se destruyen en cuanto esta los ha recibido.""",
    "it": """Scheda di registrazione|Prenotazione|Cognome|Secondo cognome|Nome|Sesso|Data di nascita|Luogo di nascita|
Cittadinanza|Documento|Numero del documento|Numero di supporto|Rilasciato da|Indirizzo|Telefono|E-mail|
Parentela con l’adulto|Arrivo|Partenza|Accompagnatori|Data e firma|Firmato il|
femminile|maschile|altro|Passaporto|Carta d’identità|Permesso di soggiorno|Patente|
coniuge|figlio/a|genitore|fratello o sorella|nipote|nonno/a|pronipote|bisnonno/a|nipote (di zio)|zio/a|
genero o nuora|suocero/a|cognato/a|minore sotto tutela|
La legge obbliga l’albergo a chiedere questi dati ({law}). Sono conservati per {months} mesi e poi distrutti.|
L’albergo conserva questi dati per {months} mesi e poi li distrugge.|
La legge obbliga l’albergo a comunicare questi dati alla polizia ({law}). Sono distrutti appena questa li ha
ricevuti.""",
    "pt": """Boletim de alojamento|Reserva|Apelido|Segundo apelido|Nome|Sexo|Data de nascimento|Local de nascimento|
Nacionalidade|Documento|Número do documento|Número de suporte|Emitido por|Morada|Telefone|E-mail|
Parentesco com o adulto|Entrada|Saída|Acompanhantes|Data e assinatura|Assinado em|
feminino|masculino|outro|Passaporte|Bilhete de identidade|Título de residência|Carta de condução|
cônjuge|filho/a|pai ou mãe|irmão ou irmã|neto/a|avô ou avó|bisneto/a|bisavô ou bisavó|sobrinho/a|tio/a|
genro ou nora|sogro/a|cunhado/a|tutelado/a|
A lei obriga o hotel a pedir estes dados ({law}). São conservados durante {months} meses e depois destruídos.|
O hotel conserva estes dados durante {months} meses e depois destrói-os.|
A lei obriga o hotel a comunicar estes dados à polícia ({law}). São destruídos logo que esta os receba.""",
    "fr": """Fiche de police|Réservation|Nom|Second nom|Prénoms|Sexe|Date de naissance|Lieu de naissance|Nationalité|
Document|Numéro du document|Numéro de support|Délivré par|Adresse|Téléphone|E-mail|Lien avec l’adulte|Arrivée|Départ|
Accompagnants|Date et signature|Signé le|
féminin|masculin|autre|Passeport|Carte d’identité|Titre de séjour|Permis de conduire|
conjoint|enfant|parent|frère ou sœur|petit-enfant|grand-parent|arrière-petit-enfant|arrière-grand-parent|
neveu ou nièce|oncle ou tante|gendre ou belle-fille|beau-parent|beau-frère ou belle-sœur|pupille|
La loi oblige l’hôtel à demander ces données ({law}). Elles sont conservées {months} mois, puis détruites.|
L’hôtel conserve ces données {months} mois, puis les détruit.|
La loi oblige l’hôtel à communiquer ces données à la police ({law}). Elles sont détruites dès qu’elle les a reçues.""",
    "zh": """住宿登记表|预订|姓|第二姓氏|名|性别|出生日期|出生地|国籍|证件|证件号码|卡片编号|签发国|住址|电话|电子邮件|
与成年人的关系|抵店|离店|同行人|日期与签名|签署于|
女|男|其他|护照|身份证|居留许可|驾驶执照|
配偶|子女|父母|兄弟姐妹|孙辈|祖辈|曾孙辈|曾祖辈|侄甥|叔伯姑舅姨|儿媳或女婿|公婆或岳父母|姻亲兄弟姐妹|被监护人|
法律要求酒店登记这些信息（{law}），保存 {months} 个月后销毁。|
酒店保存这些信息 {months} 个月后销毁。|
法律要求酒店将这些信息报告警方（{law}），警方收到后立即销毁。""",
    "ar": """بطاقة تسجيل|الحجز|اللقب|اللقب الثاني|الاسم|الجنس|تاريخ الميلاد|مكان الميلاد|الجنسية|الوثيقة|رقم الوثيقة|
رقم البطاقة|جهة الإصدار|العنوان|الهاتف|البريد الإلكتروني|الصلة بالبالغ|الوصول|المغادرة|المرافقون|التاريخ والتوقيع|
وُقّع في|
أنثى|ذكر|آخر|جواز سفر|بطاقة هوية|تصريح إقامة|رخصة قيادة|
زوج|ابن أو ابنة|والد|أخ أو أخت|حفيد|جد أو جدة|ابن حفيد|والد جد|ابن أخ أو أخت|عم أو خال|
زوج ابن أو ابنة|والد زوج|أخ زوج|تحت الوصاية|
يُلزم القانون الفندق بطلب هذه البيانات ({law})، وتُحفظ {months} شهرًا ثم تُتلف.|
يحفظ الفندق هذه البيانات {months} شهرًا ثم يتلفها.|
يُلزم القانون الفندق بإبلاغ الشرطة بهذه البيانات ({law})، وتُتلف فور استلامها.""",
}


def card_words(language: str) -> dict[str, str]:
    """Every word of a card by what it names."""
    said = [" ".join(word.split()) for word in _WORDS.get(language, _WORDS["en"]).split("|")]
    return dict(zip(_NAMES, said, strict=True))
