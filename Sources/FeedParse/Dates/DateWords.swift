/// The words that stand in dates, lower case, without dots.
enum DateWords {
    enum Meaning {
        case month(Int)
        /// 0 is Sunday; nothing where a word names different days in different languages.
        case weekday(Int?)
        /// A month's and a weekday's abbreviation at once (`mar`): which, the rest of the date says.
        case monthOrWeekday(Int)
        case beforeNoon, afterNoon
        case filler
    }

    static func meaning(_ word: String) -> Meaning? { table[word] }

    private static let table: [String: Meaning] = {
        var map: [String: Meaning] = [:]
        for word in fillers.split(separator: " ") { map[String(word)] = .filler }
        for word in beforeNoon.split(separator: " ") { map[String(word)] = .beforeNoon }
        for word in afterNoon.split(separator: " ") { map[String(word)] = .afterNoon }
        for (index, words) in weekdays.enumerated() {
            for word in words.split(separator: " ") {
                if case .weekday(let day) = map[String(word)], day != index {
                    map[String(word)] = .weekday(nil)
                } else {
                    map[String(word)] = .weekday(index)
                }
            }
        }
        for (index, words) in months.enumerated() {
            for word in words.split(separator: " ") {
                if case .weekday = map[String(word)] {
                    map[String(word)] = .monthOrWeekday(index + 1)
                } else {
                    map[String(word)] = .month(index + 1)
                }
            }
        }
        return map
    }()

    // English, German, French, Spanish, Portuguese, Catalan, Italian, Romanian, Dutch, Danish, Swedish,
    // Norwegian, Finnish, Estonian, Latvian, Lithuanian, Polish, Czech, Slovak, Slovenian, Croatian, Serbian,
    // Bulgarian, Russian, Ukrainian, Belarusian, Greek, Hungarian, Turkish, Indonesian, Tajik.
    private static let months = [
        """
        january jan januar jänner jän janvier janv enero ene janeiro gener gen gennaio ianuarie ian januari januari \
        tammikuu tammikuuta jaanuar janvāris janvārī sausio sausis stycznia styczeń sty leden ledna led január \
        siječanj siječnja јануар јан януари яну январь января янв січень січня січ студзень студзеня ιανουάριος \
        ιανουαρίου ιαν ιανουάρ ocak oca jan január janúar
        """,
        """
        february feb febr februar feber février fevrier févr fevr fév fev febrero fevereiro febrer febbraio februarie \
        februari helmikuu helmikuuta veebruar februāris februārī vasario vasaris lutego luty lut únor února úno \
        február veljača veljače velj фебруар феб февруари февр февраль февраля фев лютий лютого лют люты лютага \
        φεβρουάριος φεβρουαρίου φεβ φεβρ φεβρουάρ şubat şub peb februari február
        """,
        """
        march mar märz maerz mrz mär mars marzo março marco març març martie maart mrt marts maaliskuu maaliskuuta \
        märts mart marts martā kovo kovas marca marzec mrz březen března bře marec marca ožujak ožujka ožu март мар \
        марта марті березень березня бер сакавік сакавіка μάρτιος μαρτίου μάρ μαρ μάρτ mart maret március márc márciu
        """,
        """
        april apr avril avr abril abr aprile aprilie huhtikuu huhtikuuta aprill aprīlis aprīlī balandžio balandis \
        kwietnia kwiecień kwi duben dubna dub apríl travanj travnja април апр апрель апреля квітень квітня кві \
        красавік красавіка απρίλιος απριλίου απρ απρίλ nisan nis április ápr aprili áprili
        """,
        """
        may mai mei maj mayo maio maig maggio mag mayıs toukokuu toukokuuta maijs maijā gegužės gegužė maja květen \
        května kvě máj mája svibanj svibnja мај май мая трав травень травня май мая травень μάιος μαΐου μαΐ μάι μάϊ μαιου mei \
        május máj máju
        """,
        """
        june jun juni juin junio junho juny giugno giu iunie iun kesäkuu kesäkuuta juuni jūnijs jūnijā birželio \
        birželis czerwca czerwiec cze červen června čvn jún júna lipanj lipnja јун юни юн июнь июня июн червень \
        червня чер чэрвень чэрвеня ιούνιος ιουνίου ιούν ιουν ιον haziran haz június jún júniu
        """,
        """
        july jul juli juillet juil julio julho juliol luglio lug iulie iul heinäkuu heinäkuuta juuli jūlijs jūlijā \
        liepos liepa lipca lipiec lip červenec července čvc júl júla srpanj srpnja јул юли июль июля июл липень \
        липня лип ліпень ліпеня ιούλιος ιουλίου ιούλ ιουλ temmuz tem július júl júliu
        """,
        """
        august aug août aout aoû agosto ago agost augustus augusti elokuu elokuuta augusts augustā rugpjūčio \
        rugpjūtis sierpnia sierpień sie srpen srpna srp augusta kolovoz kolovoza август авг ауг августа серпень \
        серпня сер жнівень жніўня αύγουστος αυγούστου αύγ αυγ αύγουσ ağustos ağu agustus agt agu augusztus augusztu
        """,
        """
        september sep sept septembre septiembre setiembre setembro set setembre settembre septembrie syyskuu \
        syyskuuta septembris septembrī rugsėjo rugsėjis września wrzesień wrz září zář septembra rujan rujna \
        септембар сеп септември септ сентябрь сентября сен сент вересень вересня вер верасень верасня σεπτέμβριος \
        σεπτεμβρίου σεπτ σεπ σεπτέμβ eylül eyl szeptember szept szeptembe
        """,
        """
        october oct oktober okt octobre octubre outubro out octubre ottobre ott octombrie oktober lokakuu lokakuuta \
        oktoober oktobris oktobrī spalio spalis października październik paź říjen října říj október októbra \
        октобар окт октомври октябрь октября жовтень жовтня жов кастрычнік кастрычніка \
        οκτώβριος οκτωβρίου οκτ οκτώβ ekim eki október októbe
        """,
        """
        november nov novembre noviembre novembro noiembrie noi marraskuu marraskuuta novembris novembrī lapkričio \
        lapkritis listopada listopad lis list studeni studenoga studenog новембар нов ноември ноябрь ноября ноя \
        листопад листопада лис лістапад лістапада νοέμβριος νοεμβρίου νοέ νοε νοέμβ kasım kas nopember novembra novembe
        """,
        """
        december dec dezember dez décembre decembre déc diciembre dic dezembro desembre dicembre decembrie desember \
        des joulukuu joulukuuta detsember decembris decembrī gruodžio gruodis grudnia grudzień gru prosinec \
        prosince pro decembra prosinac prosinca децембар дец декември дек декабрь декабря грудень грудня гру \
        снежань снежня δεκέμβριος δεκεμβρίου δεκ δεκέμβ aralık ara desember decembe
        """,
    ]

    private static let weekdays = [
        """
        sunday sun sonntag so dimanche dim domingo dom diumenge domenica duminică dum zondag zo søndag söndag sön søn \
        sunnuntai su niedziela niedz nie neděle nedeľa ne nedelja воскресенье вс вск неділя нд κυριακή κυρ vasárnap v \
        pazar paz minggu min якшанбе
        """,
        """
        monday mon montag mo lundi lun lunes segunda segunda-feira seg dilluns lunedì luni maandag ma mandag måndag \
        mån man maanantai poniedziałek pon pn pondělí pondelok po ponedeljak понедельник пн пнд понеділок δευτέρα \
        δευ hétfő h pazartesi pzt senin sen душанбе
        """,
        """
        tuesday tue tues dienstag di mardi mar martes terça terça-feira ter dimarts martedì marți dinsdag tirsdag \
        tisdag tis tir tiistai ti wtorek wt úterý utorok út utorak вторник вт втр вівторок τρίτη τρί τρι kedd k salı \
        sal selasa sel сешанбе
        """,
        """
        wednesday wed weds mittwoch mi mercredi mer miércoles miercoles mié mie quarta quarta-feira qua dimecres \
        mercoledì miercuri woensdag wo onsdag ons keskiviikko ke środa śr sroda středa streda st srijeda среда ср \
        срд середа τετάρτη τετ szerda sze çarşamba çar rabu rab чоршанбе
        """,
        """
        thursday thu thur thurs donnerstag do jeudi jeu jueves jue quinta quinta-feira qui dijous giovedì gio joi \
        donderdag torsdag tor tors torstai to czwartek czw cz čtvrtek štvrtok čt četvrtak четверг чт чтв четвер \
        πέμπτη πέμ πεμ csütörtök cs perşembe per kamis kam панҷшанбе
        """,
        """
        friday fri freitag fr vendredi ven viernes vie sexta sexta-feira sex divendres venerdì vineri vin vrijdag vr \
        fredag fre perjantai pe piątek pt piatek pátek piatok pá petak пятница пт птн п'ятниця παρασκευή παρ péntek p \
        cuma cum jumat jum ҷумъа
        """,
        """
        saturday sat samstag sa sonnabend samedi sam sábado sabado sáb sab dissabte sabato sâmbătă zaterdag za lørdag \
        lördag lör lør lauantai la sobota sob subota суббота сб сбт субота σάββατο σάβ σαβ szombat szo \
        cumartesi cmt sabtu шанбе
        """,
    ]

    private static let beforeNoon = "am a.m 오전 上午 午前 πμ π.μ"
    private static let afterNoon = "pm p.m 오후 下午 午後 μμ μ.μ"
    private static let fillers = """
        of the at on um uhr de del d da le la il den der kl klo г года год г. р року à às las a el' och und og om feira h hrs \
        st nd rd th er º ª o'clock published posted date
        """
}
